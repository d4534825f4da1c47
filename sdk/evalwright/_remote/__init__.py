"""Running functions elsewhere: what is sent, what runs there, and what comes back."""
