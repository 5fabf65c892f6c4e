# The static binary and nothing else. `make image` builds bin/scangate first;
# no network is needed. There is no git in here, so the secret scanner reads
# the working tree of a plain directory, and fails, rather than skips, on a
# repository whose history it cannot read.
FROM scratch
COPY bin/scangate /scangate
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/scangate"]
CMD ["scan", "/src"]
