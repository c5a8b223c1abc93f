"""The whole way from documents to files: the steps in their order, what they may cost, and generate_pairs."""
