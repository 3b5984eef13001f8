"""The races within a host: ``lossary.torch`` against torch's own losses, forward and backward."""
