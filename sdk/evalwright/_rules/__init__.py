"""What belongs to which type of task, checked before anything is written."""
