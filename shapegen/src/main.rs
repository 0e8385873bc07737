//! The command line of shapegen.

fn main() -> std::process::ExitCode {
    shapegen::cli::main()
}
