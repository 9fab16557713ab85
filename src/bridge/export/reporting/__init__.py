"""What a run did, for people, programs, logs and Brex."""
