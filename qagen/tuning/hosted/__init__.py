"""Fine-tuning at a service: upload, start, watch, measure, and what is known of each service."""
