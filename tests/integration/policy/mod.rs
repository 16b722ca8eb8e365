mod authority;
mod migrate;
mod rules;
mod sealed;
