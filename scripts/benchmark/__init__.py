"""The benchmark: the server beside *limit*, the best hand-written SQL, and *plain*, ordinary Strawberry."""
