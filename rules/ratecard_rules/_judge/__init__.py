"""From a request to its problems and the options it selects: one small function for each rule."""
