// SPDX-License-Identifier: ISC

// main PORT FOLDER: what module_bench.c answers, by Go's net/http.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
)

type entry struct {
	Id    int     `json:"id"`
	Name  string  `json:"name"`
	Price float64 `json:"price"`
}

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "Hello, World!")
}

func list(w http.ResponseWriter, r *http.Request) {
	entries := make([]entry, 22)
	for i := range entries {
		entries[i] = entry{i, "an entry", float64(i) * 0.25}
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
