//! Holds nothing: the tests are in `all`.
