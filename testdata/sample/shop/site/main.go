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
	http.HandleFunc("GET /{$}", page("Shop", `
<p><a href="/products?category=1">Products</a> <a href="/login">Log in</a> <a href="/uploads/">Uploads</a>
<a href="/logout">Log out</a> <a href="/account/delete?id=7">Delete my account</a></p>
<script src="https://cdn.example.net/jquery-1.12.4.min.js"></script>`))
	http.HandleFunc("GET /products", page("Products", `
<ul><li><a href="/products/1">Teapot</a></li><li><a href="/products/2">Cup</a></li><li><a href="/products/3">Saucer</a></li></ul>
<p><a href="/api/orders?sid=8f14e45fceea167a5a36dedd4bea2543">Orders</a> <a href="/broken">Baskets</a></p>`))
	http.HandleFunc("GET /products/{id}", page("Product", `<a href="https://partner.example.net/" target="_blank" rel="opener">Partner</a>`))
	http.HandleFunc("GET /login", login)
	http.HandleFunc("GET /uploads/", uploads)
	http.HandleFunc("GET /broken", broken)
	http.HandleFunc("GET /api/orders", orders)
	http.HandleFunc("/logout", never)
	http.HandleFunc("/account/", never)
	log.Fatal(http.ListenAndServe(*listen, nil))
}

func page(title, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Server", "shop/2.4.1")
		w.Header().Set("X-Powered-By", "Go")
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%[1]s</h1>%s</body></html>\n", title, body)
	}
}

func login(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Set-Cookie", "session=3b9f1c; Path=/")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline' *")
	page("Log in", `<form method="post" action="/login"><input name="user"><input name="password" type="password"><button>Log in</button></form>`)(w, r)
}

func uploads(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<html><head><title>Index of /uploads</title></head><body><h1>Index of /uploads</h1><table><tr><td><a href="/">Parent Directory</a></td></tr></table></body></html>`)
}

func broken(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprint(w, "<html><body><h1>Internal Server Error</h1><pre>goroutine 1 [running]:\nmain.broken()\n\t/srv/shop/main.go:71 +0x1d\npq: syntax error at or near \"SELECT\"</pre></body></html>")
}

func orders(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	fmt.Fprint(w, `[{"id": 1, "warehouse": "10.1.2.3"}]`)
}

// never is what no scan may call.
func never(w http.ResponseWriter, r *http.Request) {
	log.Fatalf("%s %s was called", r.Method, r.URL.Path)
}
