"""The command `evalwright doctor`: can this machine run code that nobody vouches for?"""
