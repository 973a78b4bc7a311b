//! The real server as a process of its own, called over a socket.

use std::{path::Path, process::Stdio};

use inkstream_testkit::fixtures::page;
use inkstream_wire::{EventBody, OcrEvent};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

/// A server that listens.
pub(crate) struct Server {
    pub(crate) process: Child,
    address: String,
}

impl Server {
    /// Starts one with its data in `folder`, which reads with the engine of this URL.
    pub(crate) async fn start(folder: &Path, engine: &str) -> Self {
        Self::launch(Command::new(env!("CARGO_BIN_EXE_inkstream")), folder, engine).await
    }

    /// The same, by a command that ends in the server's program.
    pub(crate) async fn launch(mut command: Command, folder: &Path, engine: &str) -> Self {
        let mut process = command
            .arg("serve")
            .current_dir(folder)
            .env("PORT", "0")
            .env("DATA_DIR", folder)
            .env("LLM_BASE_URL", engine)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut last = String::new();
        loop {
            let Some(line) = log.next_line().await.unwrap() else {
                unreachable!("the server ended before it listened: {last}")
            };
            if let Some((_, address)) = line.split_once("listening on http://") {
                let address = address.split_whitespace().next().unwrap().to_owned();
                return Self { process, address };
            }
            last = line;
        }
    }

    /// The base URL of its `OpenAI` API.
    pub(crate) fn openai_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Sends a request with this first line, and more header lines if there are any; its answer is still to be read.
    pub(crate) async fn send(&self, head: &str, body: &[u8]) -> TcpStream {
        let mut connection = TcpStream::connect(&self.address).await.unwrap();
        let head = format!("{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(body).await.unwrap();
        connection
    }

    /// The whole answer to a request.
    pub(crate) async fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut answer = String::new();
        self.send(head, body).await.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1"), b"").await
    }

    /// Uploads an image to be read or stored.
    pub(crate) async fn upload(&self, path: &str) -> TcpStream {
        self.upload_with(path, 0).await
    }

    /// The same with extra bytes after the image's end, which decoders ignore.
    pub(crate) async fn upload_with(&self, path: &str, more: usize) -> TcpStream {
        let mut image = page::IMAGE.to_vec();
        image.resize(image.len() + more, 0);
        self.upload_form(&format!("POST {path} HTTP/1.1"), &[], &image).await
    }

    /// The same with these fields before the file.
    pub(crate) async fn upload_form(&self, head: &str, fields: &[(&str, &str)], file: &[u8]) -> TcpStream {
        let part = |name: &str| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"");
        let fields = fields.iter().map(|(name, value)| format!("{}\r\n\r\n{value}\r\n", part(name)));
        let mut form = fields.collect::<String>().into_bytes();
        form.extend_from_slice(format!("{}; filename=\"page.png\"\r\n\r\n", part("file")).as_bytes());
        form.extend_from_slice(file);
        form.extend_from_slice(b"\r\n--b--\r\n");
        self.send(&format!("{head}\r\ncontent-type: multipart/form-data; boundary=b"), &form).await
    }

    /// Uploads a file to this route, and returns all events.
    pub(crate) async fn read(&self, route: &str, fields: &[(&str, &str)], file: &[u8]) -> Vec<EventBody> {
        let mut answer = String::new();
        // HTTP/1.0 has no chunks: the body is the lines.
        let head = format!("POST {route} HTTP/1.0");
        self.upload_form(&head, fields, file).await.read_to_string(&mut answer).await.unwrap();
        let event = |line| serde_json::from_str::<OcrEvent>(line).unwrap().body;
        body_of(&answer).lines().map(event).collect()
    }
}

/// The body of a successful HTTP/1.0 response.
pub(crate) fn body_of(answer: &str) -> &str {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200"), "{answer}");
    body
}

/// The id of the document that an answer names.
pub(crate) fn document_of(answer: &str) -> Option<String> {
    let (_, id) = answer.split_once("\"document_id\":\"")?;
    Some(id[..36].to_owned())
}
