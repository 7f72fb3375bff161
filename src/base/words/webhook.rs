//! Words of webhooks.

words! {
    /// Whether an endpoint is sent anything (стан адреси).
    EndpointStatus {
        /// It is (діє).
        Enabled = "ENABLED",
        /// It is not; `disabledReason` says why (вимкнено).
        Disabled = "DISABLED",
    }
}

words! {
    /// Why an endpoint is sent nothing (чому вимкнено).
    DisabledReason {
        /// Its owner has disabled it (вимкнено власником).
        ByOwner = "BY_OWNER",
        /// It answered 410 Gone (адреси більше немає).
        Gone = "GONE",
        /// Nothing has reached it for five days (не відповідає п'ять діб).
        Failing = "FAILING",
        /// The application that set it up was revoked, or its organisation has ceased its work (застосунок відкликано).
        ApplicationRevoked = "APPLICATION_REVOKED",
    }
}

words! {
    /// How far a delivery is (стан доставки).
    DeliveryStatus {
        /// It waits for its first attempt, for the next one, or for an earlier change of the same object (очікує).
        Pending = "PENDING",
        /// The endpoint has taken it (доставлено).
        Succeeded = "SUCCEEDED",
        /// It was given up: after ten attempts, or with its endpoint (не доставлено).
        Failed = "FAILED",
    }
}

words! {
    /// Why an attempt failed (чому не вдалося).
    DeliveryError {
        /// The name of the host is not known (ім'я не знайдено).
        Dns = "DNS",
        /// No connection (немає з'єднання).
        Connect = "CONNECT",
        /// No TLS: a certificate that is not good for this name, most often (помилка TLS).
        Tls = "TLS",
        /// No whole answer within 15 seconds, or no connection within 5 (час вичерпано).
        Timeout = "TIMEOUT",
        /// An answer longer than 64 KiB (завелика відповідь).
        TooLarge = "TOO_LARGE",
        /// An answer that points elsewhere: redirects are not followed (переадресація).
        Redirect = "REDIRECT",
        /// An answer other than 2xx (інший код відповіді).
        HttpStatus = "HTTP_STATUS",
        /// The address of the host is not one to which requests may go (адреса недозволена).
        AddressNotAllowed = "ADDRESS_NOT_ALLOWED",
    }
}
