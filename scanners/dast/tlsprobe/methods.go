package tlsprobe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/scangate/scangate/text"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// Methods asks once with TRACE, which goes no further than the server and has
// no credentials, and once with CONNECT for the server's own address. Secure
// tells whether the server speaks TLS. It fails if the server does not answer
// either of them in HTTP.
func Methods(ctx context.Context, d Door, secure bool) ([]Alert, error) {
	p := &prober{door: d.complete()}
	var out []Alert
	mark := rand.Text()
	trace := "TRACE / HTTP/1.1\r\nHost: " + p.door.Address + "\r\nMax-Forwards: 0\r\nX-Scangate-Mark: " + mark + "\r\n"
	status, _, body, err := p.ask(ctx, secure, http.MethodTrace, trace)
	if err == nil && status == http.StatusOK && bytes.Contains(body, []byte(mark)) {
		out = append(out, alert("http-trace", Low, "The server answers TRACE with the request that it got.", "200"))
	}
	connect := "CONNECT " + p.door.Address + " HTTP/1.1\r\nHost: " + p.door.Address + "\r\n"
	status, framed, _, err2 := p.ask(ctx, secure, http.MethodConnect, connect)
	switch {
	case err2 != nil || status/100 != 2:
	case framed: // a proxy's answer has no body: what follows it is the other side's
		out = append(out, alert("http-connect", Low, "The server answers CONNECT as if it were another method.", fmt.Sprint(status)))
	default:
		out = append(out, alert("http-connect", Medium, "The server answers CONNECT for its own address as a proxy does.", fmt.Sprint(status)))
	}
	if err != nil && err2 != nil {
		return out, fmt.Errorf("no answer to TRACE and CONNECT from %s: %w", text.OneLine(p.door.Address, 100), shortly(err2))
	}
	return out, nil
}

// ask sends a request and returns the answer's status and some of its body;
// framed tells whether the answer has one. The request is written by hand, as
// clients add to it and refuse such methods.
func (p *prober) ask(ctx context.Context, secure bool, method, request string) (status int, framed bool, body []byte, err error) {
	conn, err := p.dial(ctx)
	if err != nil {
		return 0, false, nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if secure {
		// The certificate has been judged; nothing here is secret.
		c := tls.Client(conn, &tls.Config{ServerName: p.door.ServerName, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, NextProtos: []string{"http/1.1"}})
		if err := c.HandshakeContext(ctx); err != nil {
			return 0, false, nil, err
		}
		conn = c
	}
	return answer(conn, method, request)
}

func answer(conn net.Conn, method, request string) (int, bool, []byte, error) {
	if _, err := io.WriteString(conn, request+"User-Agent: scangate\r\nConnection: close\r\n\r\n"); err != nil {
		return 0, false, nil, err
	}
	// As an answer to GET: for CONNECT the length would be passed over.
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, maxAnswer)), nil)
	if err != nil {
		return 0, false, nil, errors.New("it does not answer in HTTP")
	}
	defer resp.Body.Close()
	framed := resp.ContentLength > 0 || len(resp.TransferEncoding) > 0 || resp.Header.Get("Content-Type") != ""
	if method == http.MethodConnect {
		return resp.StatusCode, framed, nil, nil
	}
	body, err := io.ReadAll(resp.Body)
	if len(body) > 0 {
		err = nil // it may be cut short, which is no matter
	}
	return resp.StatusCode, framed, body, err
}
