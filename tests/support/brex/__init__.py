"""A Brex to which a person has consented."""
