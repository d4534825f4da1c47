"""What is known of analyses without asking a server: their states, requests and reports."""
