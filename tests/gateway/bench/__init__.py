"""The load test: what validation costs a call, and what each way to authenticate costs Appwrite; see ``__main__``."""
