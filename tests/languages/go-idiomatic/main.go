// SPDX-License-Identifier: MIT
// What most Go programs do on SIGTERM: http.Server.Shutdown, and main waits for it. Compared with examples/go.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		log.Fatal(err)
	}
	var conf struct{ Ver string }
	text, _ := os.ReadFile("watch.conf")
	if err := json.Unmarshal(text, &conf); err != nil {
		log.Fatal(err)
	}
	reply := func(w http.ResponseWriter, value any) { json.NewEncoder(w).Encode(value) }
	http.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		reply(w, map[string]any{"message": "hello", "ver": conf.Ver, "pid": strconv.Itoa(os.Getpid())})
	})
	http.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		digest := sha256.New()
		length, _ := io.Copy(digest, r.Body)
		reply(w, map[string]any{"length": length, "sha256": hex.EncodeToString(digest.Sum(nil))})
	})
	http.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		reply(w, map[string]any{"slept": ms})
	})

	server := &http.Server{}
	stopped := make(chan struct{})
	go func() {
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		<-terminated
		server.Shutdown(context.Background())
		close(stopped)
	}()
	socket, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err != nil {
		log.Fatal(err)
	}
	socket.Write([]byte("READY=1"))
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-stopped
}
