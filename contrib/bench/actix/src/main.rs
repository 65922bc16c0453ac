// SPDX-License-Identifier: ISC
// bench PORT WORKERS FOLDER: what module_bench.c answers, by actix-web.
use actix_web::{web, App, HttpResponse, HttpServer};
use std::time::Duration;

const WORDS: &str = "It is a truth universally acknowledged, that a single man in \
    possession of a good fortune, must be in want of a wife. However little \
    known the feelings or views of such a man may be on his first entering a \
    neighbourhood, this truth is so ";

#[derive(serde::Serialize)]
struct Entry {
    id: u32,
    text: &'static str,
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("Hello, World!")
}

async fn json() -> HttpResponse {
    let entries: Vec<_> = (0..4).map(|id| Entry { id, text: WORDS }).collect();
    HttpResponse::Ok().json(entries)
}

async fn echo(body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/octet-stream").body(body)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap().parse().unwrap();
    let workers: usize = arguments.next().unwrap().parse().unwrap();
    let folder = arguments.next().unwrap();
    HttpServer::new(move || {
        App::new()
            .route("/hello", web::get().to(hello))
            .route("/json", web::get().to(json))
            .route("/echo", web::post().to(echo))
            .service(actix_files::Files::new("/files", folder.clone()))
    })
    .workers(workers)
    .keep_alive(Duration::from_secs(600))
    .backlog(4096)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
