from hypothesis import settings

# A busy machine may be slow: how long an example takes says nothing about the rules.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
