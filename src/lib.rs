//! shield-hook keeps leaked credentials in and hijacked packages out.
