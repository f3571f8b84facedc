//! The names that exports usually give to what a lead has.

/// An attribute of every account, and the names that its column usually has: in small letters, and
/// letters and digits only. The first is the attribute's own.
const USUAL: &[(&str, &[&str])] = &[
    (
        "EmailAddress",
        &[
            "emailaddress",
            "email",
            "mail",
            "emailid",
            "workemail",
            "businessemail",
            "officialemail",
            "primaryemail",
            "personalemail",
            "email1",
            "correo",
            "correoelectronico",
            "courriel",
        ],
    ),
    (
        "Phone",
        &[
            "phone",
            "phonenumber",
            "mobile",
            "mobilenumber",
            "mobileno",
            "mobilephone",
            "phoneno",
            "cell",
            "cellphone",
            "telephone",
            "tel",
            "telefon",
            "telefono",
            "telephonenumber",
            "contactnumber",
            "contactno",
            "whatsapp",
            "whatsappnumber",
            "primaryphone",
            "phone1",
            "handy",
            "msisdn",
        ],
    ),
    (
        "FirstName",
        &[
            "firstname",
            "first",
            "fname",
            "givenname",
            "forename",
            "vorname",
            "prenom",
            "nombre",
        ],
    ),
    (
        "LastName",
        &[
            "lastname",
            "last",
            "lname",
            "surname",
            "familyname",
            "nachname",
            "apellido",
            "apellidos",
        ],
    ),
    (
        "Company",
        &[
            "company",
            "companyname",
            "organization",
            "organisation",
            "organizationname",
            "organisationname",
            "account",
            "accountname",
            "employer",
            "firm",
            "firma",
            "empresa",
        ],
    ),
    (
        "JobTitle",
        &["jobtitle", "title", "designation", "position", "jobrole"],
    ),
    (
        "Website",
        &[
            "website",
            "web",
            "url",
            "homepage",
            "websiteurl",
            "companywebsite",
        ],
    ),
    (
        "Source",
        &["source", "leadsource", "utmsource", "origin", "channel"],
    ),
    (
        "SourceCampaign",
        &["sourcecampaign", "campaign", "utmcampaign", "campaignname"],
    ),
    ("SourceMedium", &["sourcemedium", "medium", "utmmedium"]),
    (
        "Notes",
        &["notes", "note", "comment", "comments", "remark", "remarks"],
    ),
    (
        "mx_Street1",
        &[
            "mxstreet1",
            "street",
            "street1",
            "address",
            "address1",
            "addressline1",
            "streetaddress",
        ],
    ),
    (
        "mx_Street2",
        &["mxstreet2", "street2", "address2", "addressline2"],
    ),
    (
        "mx_City",
        &["mxcity", "city", "town", "ciudad", "ville", "stadt"],
    ),
    (
        "mx_State",
        &["mxstate", "state", "province", "region", "stateprovince"],
    ),
    (
        "mx_Country",
        &[
            "mxcountry",
            "country",
            "countryname",
            "pais",
            "pays",
            "land",
        ],
    ),
    (
        "mx_Zip",
        &[
            "mxzip",
            "zip",
            "zipcode",
            "postcode",
            "postalcode",
            "pincode",
            "pin",
            "plz",
        ],
    ),
    ("SkypeId", &["skypeid", "skype"]),
    ("TwitterId", &["twitterid", "twitter", "twitterhandle"]),
    ("FacebookId", &["facebookid", "facebook"]),
    (
        "LinkedInId",
        &["linkedinid", "linkedin", "linkedinurl", "linkedinprofile"],
    ),
];

/// Names of a whole name, which has no attribute of its own.
const WHOLE_NAME: &[&str] = &["name", "fullname", "contactname", "displayname"];

/// Words before a name that say no more than that it is a lead's.
const PREFIXES: &[&str] = &[
    "lead", "contact", "customer", "client", "person", "user", "your", "my",
];

/// A guess at the attribute of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) attribute: &'static str,
    /// The lower, the surer.
    pub(super) rank: usize,
    /// It is a whole name, which would be two attributes.
    pub(super) is_whole_name: bool,
}

/// Guesses the attribute of a column by its name.
pub(super) fn guess(column: &str) -> Option<Guess> {
    let name = letters(column);
    let prefixes = PREFIXES
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix));
    let names = [name.as_str()].into_iter().chain(prefixes);
    names.enumerate().find_map(|(way, name)| {
        let usual = USUAL.iter().find_map(|(attribute, names)| {
            let rank = names.iter().position(|usual| *usual == name)?;
            Some(Guess {
                attribute,
                rank: rank + way.min(1) * 100,
                is_whole_name: false,
            })
        });
        usual.or_else(|| {
            WHOLE_NAME.contains(&name).then_some(Guess {
                attribute: "FirstName",
                rank: 1000,
                is_whole_name: true,
            })
        })
    })
}

/// Whether the name looks like a schema name of an account's own field, such as `mx_Plan`.
pub(super) fn is_custom_field(column: &str) -> bool {
    column.strip_prefix("mx_").is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The letters and digits of a name, in small letters.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn attribute(column: &str) -> Option<&'static str> {
        guess(column).map(|guess| guess.attribute)
    }

    #[test]
    fn usual_names_are_known_however_they_are_written() {
        assert_eq!(attribute("email"), Some("EmailAddress"));
        assert_eq!(attribute("E-Mail Address"), Some("EmailAddress"));
        assert_eq!(attribute("first_name"), Some("FirstName"));
        assert_eq!(attribute("FirstName"), Some("FirstName"));
        assert_eq!(attribute("Mobile No."), Some("Phone"));
        assert_eq!(attribute("Lead Source"), Some("Source"));
        assert_eq!(attribute("customer_email"), Some("EmailAddress"));
        assert_eq!(attribute("Full Name"), Some("FirstName"));
        assert_eq!(attribute("lead_score"), None);
        assert_eq!(attribute("नाम"), None);
        assert_eq!(attribute(""), None);
    }

    #[test]
    fn the_attribute_itself_is_the_surest() {
        let rank = |column: &str| guess(column).unwrap().rank;
        assert!(rank("EmailAddress") < rank("email"));
        assert!(rank("email") < rank("work_email"));
        assert!(rank("work_email") < rank("lead email"));
        assert!(rank("fname") < rank("name"));
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut seen = HashSet::new();
        for (attribute, names) in USUAL {
            assert_eq!(names[0], letters(attribute));
            for name in *names {
                assert_eq!(*name, letters(name));
                assert!(seen.insert(name), "{name}");
            }
        }
    }
}
