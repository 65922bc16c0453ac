// SPDX-License-Identifier: ISC

// main PORT FOLDER: what module_bench.c answers, by Go's net/http.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
)

const words = "It is a truth universally acknowledged, that a single man in " +
	"possession of a good fortune, must be in want of a wife. " +
	"However little known the feelings or views of such a man may " +
	"be on his first entering a neighbourhood, this truth is so "

type entry struct {
	Id   int    `json:"id"`
	Text string `json:"text"`
}

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "Hello, World!")
}

func list(w http.ResponseWriter, r *http.Request) {
	entries := make([]entry, 4)
	for i := range entries {
		entries[i] = entry{i, words}
	}
	text, _ := json.Marshal(entries)
	w.Header().Set("Content-Type", "application/json")
	w.Write(text)
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(body)
}

func main() {
	http.HandleFunc("/hello", hello)
	http.HandleFunc("/json", list)
	http.HandleFunc("/echo", echo)
	http.Handle("/files/", http.StripPrefix("/files",
		http.FileServer(http.Dir(os.Args[2]))))
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
