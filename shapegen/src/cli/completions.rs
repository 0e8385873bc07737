//! `shapegen completions`: what a shell has to know to complete commands and options.

use std::io;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::{Exit, Terminal};

/// Prints the completions of a shell.
///
/// bash: `shapegen completions bash > ~/.local/share/bash-completion/completions/shapegen`. zsh: into a file `_shapegen`
/// in a folder of `$fpath`. fish: into `~/.config/fish/completions/shapegen.fish`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, mut command: Command, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let mut script = Vec::new();
        generate(self.shell, &mut command, "shapegen", &mut script);
        terminal.out.write_all(&script)?;
        Ok(Exit::Fine)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use clap_complete::Shell;

    use crate::cli::Exit;
    use crate::cli::tests::{Ran, shapegen};

    #[test]
    fn each_shell_is_told_every_command() {
        for shell in Shell::value_variants() {
            let Ran { exit, out, err } = shapegen(&["completions", &shell.to_string()]);
            assert_eq!((exit, err.as_str()), (Exit::Fine, ""), "{shell}");
            for word in ["build", "completions", "explain", "--watch", "--message-format"] {
                // fish writes options without their dashes.
                assert!(out.contains(word.trim_start_matches('-')), "{shell} lacks {word}");
            }
        }
    }

    #[test]
    fn an_unknown_shell_is_suggested_a_known_one() {
        let Ran { exit, err, .. } = shapegen(&["completions", "bsh"]);
        assert_eq!(exit, Exit::Usage);
        assert!(err.contains("'bash'"), "{err}");
    }
}
