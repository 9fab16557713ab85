"""The demonstration: a made-up company exported between two stand-ins over real sockets."""
