# One image for web, worker and beat; docker-compose.yml says which of the Procfile's commands a container runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONTZPATH="" PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

RUN useradd --system --create-home --uid 10001 lit
WORKDIR /app

COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt

COPY manage.py Procfile ./
COPY protocols protocols
COPY apps apps
COPY lit_tracker lit_tracker

# Reads the settings and connects to nothing: the addresses are never used.
RUN DEBUG=1 STATIC_FROM_SOURCE=0 DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
    python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir /app/var && chown lit:lit /app/var

USER lit
EXPOSE 8000
VOLUME /app/var
