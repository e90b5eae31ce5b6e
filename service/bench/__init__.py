"""What `recap bench` measures, on the real server over real sockets."""
