// Command site is the front of the sample shop: a web application with the
// mistakes that a passive scan finds. It is never meant to be put on a network.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen at")
	flag.Parse()
	http.HandleFunc("GET /{$}", home)
	http.HandleFunc("GET /products", good(page("Products", `
<ul><li><a href="/products/1">Teapot</a></li><li><a href="/products/2">Cup</a></li><li><a href="/products/3">Saucer</a></li></ul>
<p><a href="/api/orders?sid=8f14e45fceea167a5a36dedd4bea2543">Orders</a> <a href="/receipts">Receipts</a> <a href="/broken">Baskets</a></p>`)))
	http.HandleFunc("GET /products/{id}", good(page("Product", `<a href="https://partner.example.net/" target="_blank" rel="opener">Partner</a>`)))
	http.HandleFunc("GET /login", good(login))
	http.HandleFunc("GET /uploads/", good(page("Index of /uploads", `<table><tr><td><a href="/">Parent Directory</a></td></tr></table>`)))
	http.HandleFunc("GET /receipts", good(page("Receipts", `<p>Paid with 4111 1111 1111 1111</p>`)))
	http.HandleFunc("GET /broken", good(broken))
	http.HandleFunc("GET /api/orders", good(orders))
	http.HandleFunc("GET /go", good(leave))
	http.HandleFunc("GET /admin", good(admin))
	http.HandleFunc("/logout", never)
	http.HandleFunc("/account/", never)
	log.Fatal(http.ListenAndServe(*listen, nil))
}

// good sends what every page should: the mistakes of the pages behind it are
// their own.
func good(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
			"Referrer-Policy":              "no-referrer",
			"X-Content-Type-Options":       "nosniff",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			w.Header().Set(name, value)
		}
		next(w, r)
	}
}

func page(title, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%[1]s</h1>%s</body></html>\n", title, body)
	}
}

// home is older than the rest.
func home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "shop/2.4.1")
	w.Header().Set("X-Powered-By", "Go")
	page("Shop", `
<p><a href="/products?category=1">Products</a> <a href="/login">Log in</a> <a href="/uploads/">Uploads</a> <a href="/admin">Administration</a>
<a href="/go?to=https://partner.example.net/">Our partner</a> <a href="/logout">Log out</a> <a href="/account/delete?id=7">Delete my account</a></p>
<script src="https://cdn.example.net/jquery-1.12.4.min.js"></script>`)(w, r)
}

func login(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Set-Cookie", "session=3b9f1c; Path=/")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline' *")
	page("Log in", `<form method="post" action="/login"><input name="user"><input name="password" type="password"><button>Log in</button></form>`)(w, r)
}

func broken(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprint(w, "<html><body><h1>Internal Server Error</h1><pre>pq: syntax error at or near \"SELECT\"</pre></body></html>")
}

func orders(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	fmt.Fprint(w, `[{"id": 1, "warehouse": "10.1.2.3"}]`)
}

// leave goes wherever the address says.
func leave(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.FormValue("to"), http.StatusFound)
}

func admin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
	http.Error(w, "Who are you?", http.StatusUnauthorized)
}

// never is what no scan may call.
func never(w http.ResponseWriter, r *http.Request) {
	log.Fatalf("%s %s was called", r.Method, r.URL.Path)
}
