#[cfg(unix)]
mod receipts;
