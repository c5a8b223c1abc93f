"""One training on this machine: what decides it, the model and its trainer, the loop, and what is written.

All modules but ``starting`` import torch as they are loaded; it loads them when training begins.
"""
