FROM python:3.12-slim AS deps
COPY requirements.txt .
RUN pip install -r requirements.txt

FROM deps AS self
COPY --from=self /usr/local /usr/local
RUN <<EOF
set -eu
apt-get update
apt-get install -y --no-install-recommends tini
rm -rf /var/lib/apt/lists/*
EOF

COPY <<-"CONFIG" /etc/batch.ini
	[batch]
	size = 100
CONFIG

USER batch
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "batch"]
