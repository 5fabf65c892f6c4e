# The static binary, the certificates it trusts, and a directory for its cache;
# `make image` makes all three first, and needs no network for it. Nothing is
# written but to /cache, which may be a mount; docs/container.md has the rest.
FROM scratch
LABEL org.opencontainers.image.source=https://github.com/scangate/scangate
LABEL org.opencontainers.image.licenses=Apache-2.0
COPY bin/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chown=65532:65532 bin/cache /cache
COPY bin/scangate /scangate
ENV HOME=/cache
ENV TMPDIR=/cache
USER 65532:65532
WORKDIR /src
HEALTHCHECK NONE
ENTRYPOINT ["/scangate"]
CMD ["scan", "/src", "--results", "/cache/results.json"]
