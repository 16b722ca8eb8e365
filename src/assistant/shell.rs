//! The simple commands of a command line, read as a shell would, as far as a judgement needs it.
//!
//! The reader is tolerant: an unclosed quote ends with the text, and a word that only a running shell could expand keeps
//! its spelling. It errs towards more commands, because a command that nobody sees is not judged.

/// The deepest nesting of shells within shells that is read.
const DEEPEST: usize = 8;

/// One program with its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimpleCommand {
    /// The variables that are set for it: `NAME=value` before the program.
    pub variables: Vec<(String, String)>,
    /// The program and its arguments, without quotes.
    pub words: Vec<String>,
    /// The files that its output is written to.
    pub writes: Vec<String>,
    /// The files that its input comes from.
    pub reads: Vec<String>,
}

impl SimpleCommand {
    /// The program's name without its folder, or an empty text.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| base_name(word))
    }

    /// The arguments.
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// A command line that cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDeep;

/// The name of a program, without its folder and the ending of Windows.
fn base_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Every simple command of a text, also those inside substitutions and inside shells that the text starts.
///
/// ```
/// use shield_hook::assistant::shell;
///
/// let commands = shell::commands("cd a && HUSKY=0 bash -c 'git commit -n'").unwrap();
/// let words: Vec<String> = commands.iter().map(|command| command.words.join(" ")).collect();
/// assert!(words.contains(&"git commit -n".to_owned()));
/// ```
///
/// # Errors
/// Shells are nested too deep.
pub fn commands(text: &str) -> Result<Vec<SimpleCommand>, TooDeep> {
    let mut found = Vec::new();
    read(text, 0, &mut found)?;
    Ok(found)
}

fn read(text: &str, depth: usize, found: &mut Vec<SimpleCommand>) -> Result<(), TooDeep> {
    if depth > DEEPEST {
        return Err(TooDeep);
    }
    let mut reader = Reader { text: text.chars().collect(), at: 0, nested: Vec::new(), here: Vec::new() };
    let mut plain = Vec::new();
    reader.run(&mut plain);
    let nested = std::mem::take(&mut reader.nested);
    for command in plain {
        let (mut command, mut inner) = peeled(command);
        let (here, files) = command.reads.drain(..).partition(|read| read.starts_with(HERE));
        command.reads = files;
        // A shell runs the text of its input.
        if is_shell(command.program()) {
            inner.extend(Vec::into_iter(here).map(|text: String| text[HERE.len()..].to_owned()));
        }
        if !command.is_empty() {
            found.push(command);
        }
        for text in inner {
            read(&text, depth + 1, found)?;
        }
    }
    nested.iter().try_for_each(|text| read(text, depth + 1, found))
}

/// Marks an input that is a text and no file.
const HERE: &str = "\0here:";

/// A token of a command line.
enum Token {
    Word(String),
    /// `>` and its kin: the next word is a file that is written.
    Write,
    /// `<`: the next word is a file that is read.
    Read,
    /// The next word is the text of the input.
    HereString,
    /// A part of a redirection.
    Nothing,
    /// The end of a simple command.
    End,
}

struct Reader {
    text: Vec<char>,
    at: usize,
    /// The texts of substitutions.
    nested: Vec<String>,
    /// The marks of here-documents whose texts begin on the next line.
    here: Vec<String>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn run(&mut self, commands: &mut Vec<SimpleCommand>) {
        let mut command = SimpleCommand::default();
        while let Some(token) = self.token(&mut command) {
            match token {
                Token::Word(word) => put(word, &mut command),
                Token::Nothing => {}
                Token::Write => command.writes.extend(self.operand(&mut SimpleCommand::default())),
                Token::Read => command.reads.extend(self.operand(&mut SimpleCommand::default())),
                Token::HereString => {
                    let text = self.operand(&mut SimpleCommand::default());
                    command.reads.extend(text.map(|text| format!("{HERE}{text}")));
                }
                Token::End => commands.push(std::mem::take(&mut command)),
            }
        }
        commands.push(command);
        commands.retain(|command| !command.is_empty());
    }

    /// The word behind a redirection.
    fn operand(&mut self, of: &mut SimpleCommand) -> Option<String> {
        match self.token(of)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The next token. The text of a here-document becomes an input of `command`.
    fn token(&mut self, command: &mut SimpleCommand) -> Option<Token> {
        loop {
            let c = self.peek(0)?;
            match c {
                '\\' if self.peek(1) == Some('\n') => self.at += 2,
                '\n' => {
                    self.at += 1;
                    for mark in std::mem::take(&mut self.here) {
                        let text = self.document(&mark);
                        command.reads.push(format!("{HERE}{text}"));
                    }
                    return Some(Token::End);
                }
                c if c.is_whitespace() => self.at += 1,
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                ';' | '&' | '|' | '(' | ')' => return Some(self.operator(c)),
                '<' | '>' => return self.redirection(),
                _ => return Some(self.word_or_descriptor()),
            }
        }
    }

    fn operator(&mut self, c: char) -> Token {
        self.at += 1;
        if c == '&' && self.peek(0) == Some('>') {
            self.skip_arrows();
            return Token::Write;
        }
        Token::End
    }

    fn skip_arrows(&mut self) {
        while self.peek(0).is_some_and(|c| matches!(c, '>' | '|' | '&')) {
            self.at += 1;
        }
    }

    fn redirection(&mut self) -> Option<Token> {
        if self.peek(0) == Some('>') {
            self.skip_arrows();
            // `>(command)` is a program, not a file.
            return (self.peek(0) != Some('(')).then_some(Token::Write).or(Some(Token::End));
        }
        self.at += 1;
        match self.peek(0) {
            Some('<') if self.peek(1) == Some('<') => {
                self.at += 2;
                Some(Token::HereString)
            }
            Some('<') => {
                self.at += 1;
                if self.peek(0) == Some('-') {
                    self.at += 1;
                }
                let mark = self.operand(&mut SimpleCommand::default()).unwrap_or_default();
                self.here.push(mark);
                Some(Token::Nothing)
            }
            Some('(') => Some(Token::End),
            Some('&' | '>') => {
                self.at += 1;
                Some(Token::Write)
            }
            _ => Some(Token::Read),
        }
    }

    /// The lines up to the mark of a here-document.
    fn document(&mut self, mark: &str) -> String {
        let mut text = String::new();
        while self.at < self.text.len() {
            let end = self.text[self.at..].iter().position(|c| *c == '\n').map_or(self.text.len(), |n| self.at + n);
            let line: String = self.text[self.at..end].iter().collect();
            self.at = (end + 1).min(self.text.len());
            if line.trim() == mark {
                break;
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn word_or_descriptor(&mut self) -> Token {
        let start = self.at;
        let word = self.word();
        // `2>file`: the digits belong to the redirection.
        let is_digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let is_whole = self.at - start == word.len();
        match self.peek(0) {
            Some('<' | '>') if is_digits && is_whole => Token::Nothing,
            _ => Token::Word(word),
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek(0) {
            match c {
                c if c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')' | '<' | '>') => break,
                '\\' => {
                    self.at += 1;
                    match self.peek(0) {
                        Some('\n') | None => {}
                        Some(c) => word.push(c),
                    }
                    self.at += 1;
                }
                '\'' => self.quoted('\'', &mut word),
                '"' => self.quoted('"', &mut word),
                '`' => self.backticks(&mut word),
                '$' => self.dollar(&mut word),
                c => {
                    word.push(c);
                    self.at += 1;
                }
            }
        }
        word
    }

    fn quoted(&mut self, quote: char, word: &mut String) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            match c {
                c if c == quote => {
                    self.at += 1;
                    return;
                }
                '\\' if quote == '"' => {
                    match self.peek(1) {
                        Some('\n') | None => {}
                        Some(c) if matches!(c, '"' | '\\' | '$' | '`') => word.push(c),
                        Some(c) => word.extend(['\\', c]),
                    }
                    self.at += 2;
                }
                '`' if quote == '"' => self.backticks(word),
                '$' if quote == '"' => self.dollar(word),
                c => {
                    word.push(c);
                    self.at += 1;
                }
            }
        }
    }

    fn backticks(&mut self, word: &mut String) {
        self.at += 1;
        let mut inner = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '`' => break,
                '\\' => {
                    inner.extend(self.peek(0));
                    self.at += 1;
                }
                c => inner.push(c),
            }
        }
        word.push_str("$()");
        self.nested.push(inner);
    }

    /// `$(...)`, `$'...'`, or a variable, which keeps its spelling.
    fn dollar(&mut self, word: &mut String) {
        self.at += 1;
        match self.peek(0) {
            Some('(') => {
                self.at += 1;
                let inner = self.balanced();
                word.push_str("$()");
                self.nested.push(inner);
            }
            Some('\'') => self.escaped(word),
            _ => word.push('$'),
        }
    }

    /// The text up to the bracket that closes the one just read. Brackets in quotes do not count.
    fn balanced(&mut self) -> String {
        let (start, mut open, mut quote) = (self.at, 1, None);
        while let Some(c) = self.peek(0) {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some('"') | None, '\\') => self.at += 1,
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => open += 1,
                (None, ')') => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        let end = self.at.min(self.text.len());
        self.text[start..end - usize::from(open == 0)].iter().collect()
    }

    /// `$'...'` with the escapes of C.
    fn escaped(&mut self, word: &mut String) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\'' => return,
                '\\' => {
                    let escape = self.peek(0);
                    self.at += 1;
                    match escape {
                        Some('n') => word.push('\n'),
                        Some('t') => word.push('\t'),
                        Some('x') => {
                            let digits: String =
                                (0..2).filter_map(|n| self.peek(n)).take_while(char::is_ascii_hexdigit).collect();
                            self.at += digits.len();
                            word.extend(u8::from_str_radix(&digits, 16).ok().map(char::from));
                        }
                        Some(c) => word.push(c),
                        None => {}
                    }
                }
                c => word.push(c),
            }
        }
    }
}

/// Adds a word: before the program it may set a variable.
fn put(word: String, command: &mut SimpleCommand) {
    if command.words.is_empty() {
        if KEYWORDS.contains(&word.as_str()) {
            return;
        }
        if let Some((name, value)) = assignment(&word) {
            command.variables.push((name, value));
            return;
        }
    }
    command.words.push(word);
}

/// Words of the shell's grammar before a command.
const KEYWORDS: [&str; 12] = ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "time", "coproc"];

fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

fn is_shell(program: &str) -> bool {
    matches!(program, "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish" | "ash" | "pwsh" | "powershell" | "cmd")
}

/// Programs that run the command behind their own options, with the options that take a value.
const RUNNERS: [(&str, &[&str]); 17] = [
    ("env", &["-u", "--unset", "-C", "--chdir"]),
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "--user", "--group"]),
    ("doas", &["-u", "-C"]),
    ("command", &[]),
    ("builtin", &[]),
    ("exec", &["-a"]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("nice", &["-n", "--adjustment"]),
    ("ionice", &["-c", "-n", "-p"]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("timeout", &["-s", "-k", "--signal", "--kill-after"]),
    ("xargs", &["-I", "-n", "-P", "-L", "-d", "-a", "-s", "-E"]),
    ("watch", &["-n", "--interval"]),
    ("script", &["-c"]),
    ("direnv", &[]),
    ("mise", &[]),
];

/// The command behind programs that only run another one, and the texts that it hands to shells.
fn peeled(mut command: SimpleCommand) -> (SimpleCommand, Vec<String>) {
    let mut inner = Vec::new();
    loop {
        let program = command.program().to_owned();
        if program == "export" || program == "declare" || program == "set" {
            let set: Vec<_> = command.arguments().iter().filter_map(|word| assignment(word)).collect();
            command.variables.extend(set);
            break;
        }
        if program == "eval" {
            inner.push(command.arguments().join(" "));
            break;
        }
        if is_shell(&program) {
            inner.extend(handed_over(command.arguments()));
            break;
        }
        if program == "find" || program == "fd" {
            inner.extend(executed(command.arguments()));
            break;
        }
        let Some((_, valued)) = RUNNERS.iter().find(|(name, _)| *name == program) else { break };
        let mut rest = command.words.split_off(1).into_iter().peekable();
        while let Some(word) = rest.peek() {
            if valued.contains(&word.as_str()) {
                rest.next();
                rest.next();
            } else if let Some((name, value)) = assignment(word) {
                command.variables.push((name, value));
                rest.next();
            } else if word.starts_with('-') || matches!(program.as_str(), "timeout") && starts_with_digit(word) {
                rest.next();
            } else {
                break;
            }
        }
        command.words = rest.collect();
        if command.words.is_empty() {
            break;
        }
    }
    (command, inner)
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The script of `-c`, also in a cluster such as `-lc`, and of `/c`.
fn handed_over(arguments: &[String]) -> Option<String> {
    let is_script = |word: &String| {
        let short = word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        short || word.eq_ignore_ascii_case("-command") || word.eq_ignore_ascii_case("/c")
    };
    let at = arguments.iter().position(is_script)?;
    let script = arguments.get(at + 1)?;
    // PowerShell and cmd take all words that follow.
    Some(if arguments[at].starts_with("-") && arguments[at].len() <= 4 {
        script.clone()
    } else {
        arguments[at + 1..].join(" ")
    })
}

/// The command behind `-exec` and its kin.
fn executed(arguments: &[String]) -> Option<String> {
    let at = arguments.iter().position(|word| matches!(word.as_str(), "-exec" | "-execdir" | "-ok" | "-x" | "-X"))?;
    let words = arguments[at + 1..].iter().take_while(|word| !matches!(word.as_str(), ";" | "+"));
    Some(words.map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        commands(text).unwrap().iter().map(|command| command.words.join("|")).collect()
    }

    #[test]
    fn commands_are_split_where_a_shell_splits_them() {
        for (text, wanted) in [
            ("a b  c", &["a|b|c"][..]),
            ("a 'b c' \"d e\" f\\ g", &["a|b c|d e|f g"]),
            ("a && b || c; d | e & f", &["a", "b", "c", "d", "e", "f"]),
            ("a\nb", &["a", "b"]),
            ("a \\\n  b", &["a|b"]),
            ("a # b; c\nd", &["a", "d"]),
            ("a#b", &["a#b"]),
            ("(a; b)", &["a", "b"]),
            ("{ a; }", &["a"]),
            ("if a; then b; fi", &["a", "b", "fi"]),
            ("! a", &["a"]),
            ("git com'mit' -\"n\"", &["git|commit|-n"]),
            ("a $'b\\x2dc'", &["a|b-c"]),
            ("a \"unclosed b", &["a|unclosed b"]),
            ("a 'it'\\''s'", &["a|it's"]),
            ("a \"$HOME/x\"", &["a|$HOME/x"]),
        ] {
            assert_eq!(words(text), wanted, "{text}");
        }
    }

    #[test]
    fn shells_and_substitutions_are_entered() {
        for (text, wanted) in [
            ("bash -c 'a b'", "a|b"),
            ("sh -lc \"a 'b c'\"", "a|b c"),
            ("bash -c 'bash -c \"a b\"'", "a|b"),
            ("eval a b", "a|b"),
            ("x $(a b)", "a|b"),
            ("x \"$(a b)\"", "a|b"),
            ("x `a b`", "a|b"),
            ("x <(a b)", "a|b"),
            ("find . -name x -exec a b {} \\;", "a|b|{}"),
            ("bash <<'EOF'\na b\nEOF\n", "a|b"),
            ("bash <<< 'a b'", "a|b"),
            ("pwsh -Command a b", "a|b"),
        ] {
            assert!(words(text).contains(&wanted.to_owned()), "{text}: {:?}", words(text));
        }
        let deep = (0..20).fold("a".to_owned(), |text, _| format!("eval {text}"));
        assert_eq!(commands(&deep), Err(TooDeep));
    }

    #[test]
    fn the_program_behind_runners_counts() {
        for text in [
            "sudo -u root a b",
            "env -u X Y=1 a b",
            "Y=1 a b",
            "command a b",
            "timeout -k 1 5s a b",
            "nice -n 5 a b",
            "xargs -n 1 a b",
            "sudo env Y=1 nohup a b",
        ] {
            assert!(words(text).contains(&"a|b".to_owned()), "{text}: {:?}", words(text));
        }
        let set = |text: &str| commands(text).unwrap()[0].variables.clone();
        let wanted = [("Y".to_owned(), "1".to_owned())];
        for text in ["Y=1 a", "env Y=1 a", "export Y=1", "sudo Y=1 a"] {
            assert_eq!(set(text), wanted, "{text}");
        }
    }

    #[test]
    fn redirections_are_no_words() {
        let command = &commands("a b >c 2>>d <e &>f").unwrap()[0];
        assert_eq!(command.words, ["a", "b"], "{command:?}");
        assert_eq!(command.writes, ["c", "d", "f"]);
        assert_eq!(command.reads, ["e"]);
        assert_eq!(commands("cat > x <<EOF\ngit commit -n\nEOF").unwrap()[0].writes, ["x"]);
        assert!(!words("cat > x <<EOF\ngit commit -n\nEOF").iter().any(|w| w.contains("commit")));
    }
}
