"""Base models and adapters: found, loaded, asked, and written for llama.cpp."""
