package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/scangate/scangate/text"
)

const defaultDaemon = "unix:///var/run/docker.sock"

var (
	daemonName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}$`)
	imageID    = regexp.MustCompile(`^(sha256:)?[0-9a-f]{12,64}$`)
)

// openDaemon opens an image that the Docker daemon has. The daemon writes it
// as docker save does.
func (b *builder) openDaemon(ctx context.Context, given string) error {
	if b.options.Offline {
		return errors.New("the Docker daemon is not asked offline: save the image, and scan docker-archive:FILE")
	}
	if !daemonName.MatchString(given) || strings.Contains(given, "..") || strings.Contains(given, "//") {
		return errors.New("it is no name of an image such as docker:repository:tag")
	}
	asked := given
	b.img.Source = "daemon"
	if imageID.MatchString(given) {
		b.img.Name, b.img.Pinned = strings.TrimPrefix(given, "sha256:")[:12], strings.HasPrefix(given, "sha256:")
	} else {
		ref, tag, err := parseReference(given, false)
		if err != nil {
			return err
		}
		b.img.Name, b.img.Tag, b.img.Pinned = ref.Context().RepositoryStr(), tag, strings.Contains(given, "@")
		if tagOf(given) == "" && !b.img.Pinned { // without a tag the daemon would give all of them
			asked += ":latest"
		}
	}
	client, err := b.daemonClient()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	r, err := export(ctx, client, asked)
	if err != nil {
		return err
	}
	defer r.Close()
	tmp, err := b.spool(&verified{ctx: ctx, r: r})
	if err != nil {
		return fmt.Errorf("the daemon's answer: %w", innermost(err))
	}
	tag := b.img.Tag
	if err := b.fromArchive(ctx, tmp, "", ""); err != nil {
		return fmt.Errorf("the daemon's answer: %w", err)
	}
	b.img.Tag = tag
	return nil
}

// export asks for an archive. The path has no version of the API: what it has
// is as old as the API.
func export(ctx context.Context, client *http.Client, image string) (io.ReadCloser, error) {
	address := url.URL{Scheme: "http", Host: "docker", Path: "/images/" + image + "/get"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, errors.New("it is no name of an image")
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, daemonError(ctx, err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Body, nil
	case http.StatusNotFound:
		err = errors.New("the Docker daemon has no such image: docker pull it first, or leave the scheme out to read it from the registry")
	default:
		err = fmt.Errorf("the Docker daemon answers with HTTP %d", resp.StatusCode)
	}
	resp.Body.Close()
	return nil, err
}

// daemonClient reaches the daemon, and nothing else, whatever it redirects to.
func (b *builder) daemonClient() (*http.Client, error) {
	host := b.options.DaemonHost
	if host == "" {
		host = os.Getenv("DOCKER_HOST")
	}
	if host == "" {
		host = defaultDaemon
	}
	network, address, ok := strings.Cut(host, "://")
	switch {
	case ok && network == "unix":
	case ok && network == "tcp" && os.Getenv("DOCKER_TLS_VERIFY") == "" && (b.options.Insecure || isLoopback(hostOf(address))):
	case ok && network == "tcp":
		return nil, errors.New("a Docker daemon on another machine, or with TLS, is not supported: use docker save, and scan docker-archive:FILE")
	default:
		return nil, fmt.Errorf("a Docker daemon at %s is not supported: use docker save, and scan docker-archive:FILE", text.OneLine(network, 20)+"://…")
	}
	dialer := net.Dialer{Timeout: connectTimeout}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

func daemonError(ctx context.Context, err error) error {
	var cut *net.OpError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("no Docker daemon is running here: start it, or set DOCKER_HOST")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("the Docker daemon may not be used: its socket belongs to others")
	case errors.As(err, &cut):
		return fmt.Errorf("the Docker daemon cannot be reached: %w", cut.Err)
	}
	return errors.New("the Docker daemon's answer cannot be understood")
}
