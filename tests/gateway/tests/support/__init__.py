"""What the tests and the load test run against: real processes, and what drives them."""
