"""From a source to passages: loading and splitting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.decoding import declared_encoding as declared_encoding
    from qagen.documents.decoding import decode as decode
    from qagen.documents.decoding import decode_text as decode_text
    from qagen.documents.loading import Source as Source
    from qagen.documents.loading import identified as identified
    from qagen.documents.loading import load_documents as load_documents
    from qagen.documents.loading import nothing_read as nothing_read
    from qagen.documents.loading import notices_of as notices_of
    from qagen.documents.loading import stream_documents as stream_documents
    from qagen.documents.splitting import split_documents as split_documents
    from qagen.documents.splitting import stream_passages as stream_passages
    from qagen.documents.splitting import token_splitter as token_splitter
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "decoding": "declared_encoding decode decode_text",
            "loading": "Source identified load_documents nothing_read notices_of stream_documents",
            "splitting": "split_documents stream_passages token_splitter",
        },
    )
