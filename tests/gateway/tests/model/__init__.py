"""A model of workers, Redis and Appwrite around one session, and a search over all that can happen to them."""
