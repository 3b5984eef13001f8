"""placeholder until the public interface lands"""
