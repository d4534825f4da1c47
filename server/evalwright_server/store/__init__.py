"""The data layer: tables, migrations and the threads that talk to the database."""
