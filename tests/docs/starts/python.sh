# Hiss and the frameworks that pages speak of, without a project.
pip install --quiet hiss gunicorn uvicorn flask starlette jinja2
