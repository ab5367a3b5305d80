# Two stages: Go builds a static binary, and nothing but that binary is shipped.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/daybook ./app/cmd/daybook
# The folders that the image needs, with the owner and the mode that they need.
RUN mkdir -p /out/data /out/tmp && chmod 0700 /out/data && chmod 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build /out/daybook /daybook
USER 65532:65532
ENV DAYBOOK_ADDR=0.0.0.0:8080 DAYBOOK_DATA=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/daybook", "healthcheck"]
ENTRYPOINT ["/daybook"]
CMD ["serve"]
