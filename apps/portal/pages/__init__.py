"""The pages themselves: plain functions, each takes a request and the frame of its address."""
