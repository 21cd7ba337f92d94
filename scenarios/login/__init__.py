"""The pages between the authorization request and the way back to Claude."""
