"""Linear models under a loss: how long a fit takes, and how good it is, beside other libraries."""
