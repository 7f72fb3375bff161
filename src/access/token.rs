//! Access tokens after RFC 9068: made and verified here.
