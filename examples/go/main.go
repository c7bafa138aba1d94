// SPDX-License-Identifier: MIT
// A web service on the socket that systemd holds, with a drain that fails no request. Standard library only; Go 1.19 or newer.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	idleLimit   = 10 * time.Second // after SIGTERM: how long a kept connection may wait for its last request
	finishLimit = 60 * time.Second // ... and then: how long a request may take. Together less than TimeoutStopSec= (90 s)
)

var (
	draining atomic.Bool
	open     atomic.Int64   // connections
	serving  sync.WaitGroup // loops that accept
)

func main() {
	log.SetFlags(0) // the journal has the time
	listeners, err := inherited()
	if err != nil {
		log.Fatal("taking the listening socket: ", err)
	}
	server := &http.Server{Handler: closing(routes()), ConnState: count, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 75 * time.Second}
	for _, listener := range listeners {
		serving.Add(1)
		go func(listener net.Listener) {
			defer serving.Done()
			if err := server.Serve(listener); !draining.Load() {
				log.Fatal("serving: ", err)
			}
		}(listener)
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	if err := notify("READY=1"); err != nil {
		log.Fatal("saying READY=1: ", err)
	}
	<-terminated
	drain(server, listeners)
}

// inherited returns the sockets that systemd has passed: descriptors 3 and up, sd_listen_fds(3).
func inherited() ([]net.Listener, error) {
	number, _ := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if number < 1 || os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil, fmt.Errorf("systemd passed none; without baton: systemd-socket-activate -l 8080 %s", os.Args[0])
	}
	var listeners []net.Listener
	for fd := 3; fd < 3+number; fd++ {
		file := os.NewFile(uintptr(fd), "listener")
		listener, err := net.FileListener(file) // a duplicate
		file.Close()
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// notify tells systemd about this process: sd_notify(3).
func notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer socket.Close()
	_, err = socket.Write([]byte(state))
	return err
}

// drain ends this release without failing a request. Shutdown comes last, because it closes idle connections at once: a
// request that is already on its way on one of them would be lost.
func drain(server *http.Server, listeners []net.Listener) {
	draining.Store(true)                 // from now on, each reply says Connection: close
	for _, listener := range listeners { // connections that wait in the queue are for the next release
		listener.Close()
	}
	serving.Wait() // otherwise Shutdown may close a listener again, and return that as an error
	for limit := time.Now().Add(idleLimit); open.Load() > 0 && time.Now().Before(limit); {
		time.Sleep(20 * time.Millisecond)
	}
	limited, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		log.Fatalf("draining: %v, with %d connections open", err, open.Load())
	}
}

func count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		open.Add(1)
	case http.StateClosed, http.StateHijacked:
		open.Add(-1)
	}
}

// closing ends each connection with its next reply once the drain has begun.
func closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Your program begins here.
func routes() http.Handler {
	ver := version()
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		reply(w, map[string]any{"message": "hello", "ver": ver, "pid": strconv.Itoa(os.Getpid())})
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		digest := sha256.New()
		length, err := io.Copy(digest, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(w, map[string]any{"length": length, "sha256": hex.EncodeToString(digest.Sum(nil))})
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		reply(w, map[string]any{"slept": ms})
	})
	return mux
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

// version reads Ver of watch.conf. The working directory is the site's, as this release has it.
func version() string {
	var conf struct{ Ver string }
	text, err := os.ReadFile("watch.conf")
	if err == nil {
		err = json.Unmarshal(text, &conf)
	}
	if err != nil {
		log.Fatal("reading watch.conf: ", err)
	}
	return conf.Ver
}
