//! A server on this machine for one test: a table of paths, and what it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a path answers.
#[derive(Clone)]
pub enum Page {
    /// 200 with this body.
    Body(Vec<u8>),
    /// Another status, and a header line.
    Status(u16, String),
    /// The head and half of the body, then nothing more.
    Half(Vec<u8>),
}

/// A running server; it ends with the test's process.
pub struct Server {
    port: u16,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, pages: Arc::default(), asked: Arc::default() };
        let (pages, asked) = (Arc::clone(&server.pages), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, asked) = (Arc::clone(&pages), Arc::clone(&asked));
                std::thread::spawn(move || answer(stream, &pages, &asked));
            }
        });
        server
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn page(&self, path: &str, page: Page) -> &Self {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
        self
    }

    pub fn body(&self, path: &str, body: impl Into<Vec<u8>>) -> &Self {
        self.page(path, Page::Body(body.into()))
    }

    /// Every request so far: its first line, and its Authorization.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, pages: &Mutex<HashMap<String, Page>>, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let mut said = first.clone();
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if line.to_ascii_lowercase().starts_with("authorization:") {
            said = format!("{said} {line}");
        }
    }
    asked.lock().unwrap().push(said);
    let path = first.split(' ').nth(1).unwrap_or_default();
    let page = pages.lock().unwrap().get(path).cloned().unwrap_or(Page::Status(404, String::new()));
    let head = |status: u16, more: &str, length: usize| {
        let more = if more.is_empty() { String::new() } else { format!("{more}\r\n") };
        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n")
    };
    let (head, body) = match page {
        Page::Body(body) => (head(200, "", body.len()), body),
        Page::Status(code, more) => (head(code, &more, 0), Vec::new()),
        Page::Half(body) => (head(200, "", body.len()), body[..body.len() / 2].to_vec()),
    };
    // A client that has heard enough may be gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}
