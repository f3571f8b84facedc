# The `leadsquared` command in an image of its own:
#
#   docker build -t leadsquared .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" -e LEADSQUARED_HOST -e LEADSQUARED_ACCESS_KEY -e LEADSQUARED_SECRET_KEY \
#       leadsquared load exports/ --mapping mapping.toml

FROM rust:1.95-slim-bookworm AS build
# What the C and C++ in the dependencies (SQLite, zstd, the cryptography) is built with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc g++ make cmake libc6-dev \
    && rm -rf /var/lib/apt/lists/*
# The compiler of this image: rust-toolchain.toml would have rustup fetch whatever is stable today.
ENV RUSTUP_TOOLCHAIN=1.95
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo install --locked --path crates/cli --root /installed

# The C library, certificates, and a user that is not root; no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /installed/bin/leadsquared /usr/local/bin/leadsquared
# Inputs, mappings and the ledger are mounted here.
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/leadsquared"]
CMD ["--help"]
