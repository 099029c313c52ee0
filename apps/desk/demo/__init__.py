"""Two clinics at work, made through the services: `people` and `stories` are data, `builder` lives them."""
